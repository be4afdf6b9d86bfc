from alembic import op

revision, down_revision = "a5", "a4"


def upgrade():
    op.drop_index("readings_at", table_name="readings")
    op.rename_table("readings", "measurements")
    op.drop_table("measurements")


def downgrade():
    pass
