import sqlalchemy as sa
from alembic import op

revision, down_revision = "a3", "a2"


def upgrade():
    op.drop_column("sensors", "remark")
    op.add_column("sensors", sa.Column("room", sa.Integer, nullable=False, server_default="1"))
    op.alter_column("sensors", "threshold", type_=sa.Numeric(6, 1), existing_type=sa.Numeric(10, 3))
    op.alter_column("sensors", "label", new_column_name="name")
    op.alter_column("sensors", "room", server_default=None)
    op.create_check_constraint("sensors_room", "sensors", "room > 0")
    op.drop_constraint("readings_sensor_id_fkey", "readings", type_="foreignkey")
    op.create_foreign_key("readings_sensor", "readings", "sensors", ["sensor_id"], ["id"], ondelete="CASCADE")
    op.create_index("readings_at", "readings", ["at"], postgresql_using="brin")


def downgrade():
    pass
