exports.config = { transaction: false }
exports.up = knex => knex.raw('CREATE INDEX CONCURRENTLY invoices_due ON invoices (due)')
exports.down = async () => {}
