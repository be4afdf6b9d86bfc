exports.up = async knex => {
  await knex.raw('DROP VIEW open_invoices')
  await knex.schema.dropTableIfExists('invoices')
  await knex.schema.raw('TRUNCATE customers RESTART IDENTITY')
}
exports.down = async () => {}
