exports.up = pgm => {
  pgm.sql('SELECT close_all()')
  pgm.dropColumns('tickets', ['body'])
  pgm.addColumns('tickets', { priority: { type: 'smallint', notNull: true, default: 1 } })
  pgm.alterColumn('tickets', 'title', { type: 'varchar(80)', using: 'left(title, 80)' })
  pgm.renameColumn('tickets', 'state', 'status')
  pgm.addConstraint('tickets', 'tickets_priority', { check: 'priority BETWEEN 1 AND 5' })
  pgm.createIndex('tickets', 'status', { where: "status = 'open'" })
  pgm.createTrigger('tickets', 'tickets_note', { when: 'BEFORE', operation: 'UPDATE', level: 'ROW', language: 'plpgsql', replace: true },
    'BEGIN NEW.title := trim(NEW.title); RETURN NEW; END')
}
exports.down = false
