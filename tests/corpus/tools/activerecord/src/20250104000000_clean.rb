class Clean < ActiveRecord::Migration[6.1]
  def up
    execute 'DELETE FROM visits WHERE visited_at < now()'
    drop_table :visits, force: :cascade
    remove_index :members, :email
    disable_extension 'citext'
  end
end
