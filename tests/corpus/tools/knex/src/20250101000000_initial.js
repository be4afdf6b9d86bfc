exports.up = async knex => {
  await knex.schema.createTable('customers', table => {
    table.increments('id')
    table.string('email').notNullable().unique()
    table.text('notes')
    table.enu('tier', ['basic', 'gold'], { useNative: true, enumName: 'tier' }).defaultTo('basic')
    table.decimal('balance', 12, 2).defaultTo(0)
    table.timestamps(true, true)
  })
  await knex.schema.createTable('invoices', table => {
    table.uuid('id').primary().defaultTo(knex.raw('gen_random_uuid()'))
    table.integer('customer_id').references('customers.id').onDelete('CASCADE').index()
    table.jsonb('lines')
    table.date('due')
  })
  await knex('customers').insert([{ email: 'a@example.org', notes: 'call; then write' }, { email: 'b@example.org' }])
}
exports.down = knex => knex.schema.dropTable('invoices').dropTable('customers')
