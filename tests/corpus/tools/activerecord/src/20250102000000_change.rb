class Change < ActiveRecord::Migration[6.1]
  def up
    remove_column :members, :about, :text
    change_column :members, :fee, :decimal, precision: 6, scale: 0
    change_column_null :visits, :at, false, Time.utc(2025)
    change_column_default :members, :fee, from: 0, to: 10
    rename_column :visits, :at, :visited_at
    add_check_constraint :members, 'fee >= 0', name: 'members_fee'
    execute "CREATE TYPE visit_kind AS ENUM ('day', 'night')"
    add_column :visits, :kind, :visit_kind, default: 'day'
  end
end
