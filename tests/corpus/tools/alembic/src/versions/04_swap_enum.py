from alembic import op

revision, down_revision = "a4", "a3"


def upgrade():
    op.execute("ALTER TYPE sensor_state RENAME TO sensor_state_old")
    op.execute("CREATE TYPE sensor_state AS ENUM ('on', 'broken')")
    op.execute("ALTER TABLE sensors ALTER COLUMN state DROP DEFAULT")
    op.execute("ALTER TABLE sensors ALTER COLUMN state TYPE sensor_state USING "
               "(CASE state::text WHEN 'off' THEN 'broken' ELSE state::text END)::sensor_state")
    op.execute("ALTER TABLE sensors ALTER COLUMN state SET DEFAULT 'on'")
    op.execute("DROP TYPE sensor_state_old")


def downgrade():
    pass
