exports.up = pgm => {
  pgm.noTransaction()
  pgm.addTypeValue('ticket_state', 'waiting', { before: 'closed', ifNotExists: true })
}
exports.down = false
