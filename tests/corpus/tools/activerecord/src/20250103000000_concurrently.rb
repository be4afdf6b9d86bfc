class Concurrently < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  def change
    add_index :visits, :visited_at, algorithm: :concurrently
    execute "ALTER TYPE visit_kind ADD VALUE 'weekend'"
  end
end
