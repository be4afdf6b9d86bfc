class Initial < ActiveRecord::Migration[6.1]
  def change
    enable_extension 'citext'
    create_table :members do |t|
      t.citext :email, null: false, index: { unique: true }
      t.text :about
      t.decimal :fee, precision: 10, scale: 2, default: 0
      t.timestamps
    end
    create_table :visits do |t|
      t.references :member, null: false, foreign_key: true
      t.datetime :at
    end
  end
end
