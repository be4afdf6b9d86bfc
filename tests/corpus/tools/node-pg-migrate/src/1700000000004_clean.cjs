exports.up = pgm => {
  pgm.dropFunction('close_all', [])
  pgm.dropTable('tickets', { cascade: true })
  pgm.dropType('ticket_state')
}
exports.down = false
