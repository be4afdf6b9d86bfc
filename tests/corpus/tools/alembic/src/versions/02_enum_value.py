from alembic import op

revision, down_revision = "a2", "a1"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE sensor_state ADD VALUE IF NOT EXISTS 'broken'")
    op.execute("UPDATE sensors SET state = 'broken' WHERE label = 'two'")


def downgrade():
    pass
