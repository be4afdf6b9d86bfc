exports.up = async knex => {
  await knex.schema.alterTable('customers', table => {
    table.dropColumn('notes')
    table.string('email', 320).notNullable().alter()
    table.decimal('balance', 8, 1).alter()
    table.renameColumn('tier', 'level')
    table.boolean('active').notNullable().defaultTo(true)
  })
  await knex.raw("ALTER TYPE tier ADD VALUE IF NOT EXISTS 'platinum'")
}
exports.down = async () => {}
