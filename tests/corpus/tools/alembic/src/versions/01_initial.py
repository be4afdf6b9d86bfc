import sqlalchemy as sa
from alembic import op

revision, down_revision = "a1", None


def upgrade():
    op.create_table(
        "sensors",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", sa.String(100), nullable=False, unique=True),
        sa.Column("state", sa.Enum("on", "off", name="sensor_state"), nullable=False, server_default="on"),
        sa.Column("remark", sa.Text),
        sa.Column("threshold", sa.Numeric(10, 3)),
    )
    op.create_table(
        "readings",
        sa.Column("sensor_id", sa.Integer, sa.ForeignKey("sensors.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Float),
        sa.PrimaryKeyConstraint("sensor_id", "at"),
    )
    op.bulk_insert(sa.table("sensors", sa.column("label", sa.String), sa.column("remark", sa.Text)),
                   [{"label": "one", "remark": "it's; fine"}, {"label": "two", "remark": None}])


def downgrade():
    op.drop_table("readings")
    op.drop_table("sensors")
