import { bigint, boolean, check, index, integer, jsonb, numeric, pgEnum, pgPolicy, pgTable, pgView, serial, text, timestamp, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'

export const plan = pgEnum('plan', ['free', 'team', 'legacy', 'enterprise'])

export const accounts = pgTable('accounts', {
  id: serial().primaryKey(),
  email: varchar({ length: 120 }).notNull(),
  plan: plan().notNull().default('free'),
  verified: boolean().notNull().default(false),
  credits: integer().notNull().default(0),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
}, t => [uniqueIndex('accounts_email').on(t.email)])

export const projects = pgTable('projects', {
  id: uuid().primaryKey().defaultRandom(),
  ownerId: integer('owner_id').notNull().references(() => accounts.id, { onDelete: 'cascade' }),
  title: text().notNull(),
  budget: numeric({ precision: 12, scale: 2 }),
  settings: jsonb().default({}),
}, t => [index('projects_owner').on(t.ownerId)])

export const drafts = pgTable('drafts', {
  id: serial().primaryKey(),
  body: text(),
})
