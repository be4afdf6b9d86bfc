import { bigint, boolean, check, index, integer, jsonb, numeric, pgEnum, pgPolicy, pgTable, pgView, serial, text, timestamp, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'

export const plan = pgEnum('plan', ['free', 'team', 'enterprise'])

export const accounts = pgTable('accounts', {
  id: serial().primaryKey(),
  email: varchar({ length: 60 }).notNull(),
  plan: plan().notNull().default('free'),
  verified: boolean().notNull().default(false),
  credits: bigint({ mode: 'number' }).notNull().default(0),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
}, t => [uniqueIndex('accounts_email').on(t.email)])

export const projects = pgTable('projects', {
  id: uuid().primaryKey().defaultRandom(),
  ownerId: integer('owner_id').notNull().references(() => accounts.id, { onDelete: 'cascade' }),
  title: text().notNull().unique(),
  budget: numeric({ precision: 8, scale: 0 }),
  settings: jsonb().default({}),
}, t => [
  index('projects_owner').on(t.ownerId),
  index('projects_title').using('btree', t.title.desc()).where(sql`budget > 0`),
  check('projects_budget', sql`${t.budget} >= 0`),
])

export const paying = pgView('paying').as(q => q.select().from(accounts).where(sql`plan <> 'free'`))
