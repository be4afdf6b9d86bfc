#!/usr/bin/env node
// Prisma's schema engine without its native program, which is not on npm: the same engine compiled to WebAssembly
// (@prisma/schema-engine-wasm of the CLI's own commit), spoken to as the CLI speaks to the native one, JSON-RPC over
// stdin and stdout. Named to the CLI by PRISMA_SCHEMA_ENGINE_BINARY; PRISMA_ENGINE_ROOT holds node_modules.
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const root = process.env.PRISMA_ENGINE_ROOT
const load = createRequire(path.join(root, 'engine.js'))
const pg = load('pg')
const { bindMigrationAwareSqlAdapterFactory } = load('@prisma/driver-adapter-utils')
const { makeFactory, letProcessEnd } = await import('./adapter.mjs')

letProcessEnd()

const options = { files: [] }
const words = process.argv.slice(2)
while (words.length) {
  const word = words.shift()
  if (word === '--datasource') options.source = JSON.parse(words.shift())
  else if (word === '--datamodels') options.files.push(words.shift())
  else if (word === 'cli') options.command = words.shift()
  else if (word === '--version') {
    console.log('schema-engine-cli wasm')
    process.exit(0)
  }
}
const url = options.source?.url
const target = url && new URL(url)
const database = target && decodeURIComponent(target.pathname.slice(1))

async function asAdmin(sql, on) {
  const away = new URL(url)
  if (on) away.pathname = '/' + on
  const client = new pg.Client({ connectionString: away.href })
  await client.connect()
  try {
    if (sql) await client.query(sql)
  } finally {
    await client.end()
  }
}

// The CLI skips the first line of stderr and reads each later one as a log record.
function refuse(code, message) {
  const record = (level, fields) => JSON.stringify({ timestamp: '', level, target: 'schema_engine', fields })
  process.stderr.write(record('INFO', { message: '' }) + '\n' + record('ERROR', { error_code: code, message }))
  process.exit(1)
}

if (options.command) {
  const commands = {
    'can-connect-to-database': () => asAdmin(),
    'create-database': () => asAdmin(`CREATE DATABASE "${database}"`, 'postgres'),
    'drop-database': () => asAdmin(`DROP DATABASE IF EXISTS "${database}"`, 'postgres'),
  }
  try {
    await commands[options.command]()
    process.exit(0)
  } catch (error) {
    refuse(error.code === '3D000' ? 'P1003' : 'P1001', error.message)
  }
}

async function start() {
  const home = path.join(root, 'node_modules/@prisma/schema-engine-wasm')
  const glue = await import(pathToFileURL(path.join(home, 'schema_engine_bg.js')).href)
  const code = fs.readFileSync(path.join(home, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  const models = options.files.map(file => [file, fs.readFileSync(file, 'utf8')])
  return glue.SchemaEngine.new(
    { datamodels: models.length ? models : undefined }, () => {},
    bindMigrationAwareSqlAdapterFactory(makeFactory(load, url)))
}

const own = {
  getDatabaseVersion: engine => engine.version(),
  ensureConnectionValidity: async () => (await asAdmin(), {}),
  createDatabase: async () => (await asAdmin(`CREATE DATABASE "${database}"`, 'postgres'), { databaseName: database }),
}
let engine
for await (const line of readline.createInterface({ input: process.stdin })) {
  if (!line.trim()) continue
  const { id, method, params } = JSON.parse(line)
  if (!method) continue // an answer of the CLI to something that was printed
  const say = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')
  try {
    engine ??= await start()
    const result = own[method] ? await own[method](engine, params) : await engine[method](params ?? {})
    if (method === 'diff' && result?.stdout != null) {
      say({ id: id + 1000000, method: 'print', params: { content: result.stdout } })
      result.stdout = null
    }
    say({ id, result: result ?? null })
  } catch (error) {
    const data = { is_panic: false, message: String(error.message ?? error), meta: error.meta ?? null, error_code: error.code ?? null }
    say({ id, error: { code: 4466, message: 'the engine refused', data } })
  }
}
process.exit(0)
