// Prisma's own driver adapter for pg, with four repairs that its schema engine needs:
//   catalogue types (name, "char") are announced as text; a migration script goes out as one simple query, as the native
//   engine sends it; the shadow database is reached by name and dropped after its connections are closed.

// name, name[], pg_node_tree, regclass, regtype: what they are announced as
const announced = new Map([[19, 25], [1003, 1009], [194, 25], [2205, 25], [2206, 25]])
const singleChar = 18

// Timers that only guard against hanging must not keep a process that is done.
export function letProcessEnd() {
  const original = globalThis.setTimeout
  globalThis.setTimeout = (callback, delay, ...rest) => {
    const timer = original(callback, delay, ...rest)
    if (delay >= 10000) timer.unref()
    return timer
  }
}

function repair(queryable, charType) {
  const ask = Object.getPrototypeOf(Object.getPrototypeOf(queryable)).queryRaw
  queryable.queryRaw = async function (query) {
    const answer = await this.performIO(query)
    const chars = []
    answer.fields.forEach((field, index) => {
      if (field.dataTypeID === singleChar) chars.push(index)
      field.dataTypeID = field.dataTypeID === singleChar ? 25 : announced.get(field.dataTypeID) ?? field.dataTypeID
    })
    const told = await ask.call({ performIO: async () => answer }, query)
    for (const index of chars) told.columnTypes[index] = charType
    return told
  }
  queryable.executeScript = async function (script) {
    try {
      await this.client.query(script)
    } catch (error) {
      this.onError(error)
    }
  }
  return queryable
}

export function makeFactory(load, url) {
  const { PrismaPg } = load('@prisma/adapter-pg')
  const { ColumnTypeEnum } = load('@prisma/driver-adapter-utils')
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const config = { host: searchParams.get('host') ?? hostname, port: Number(port), user: username,
    password: decodeURIComponent(password), database: pathname.slice(1),
    allowExitOnIdle: true }

  class Factory extends PrismaPg {
    constructor(settings) {
      super(settings)
      this.settings = settings
    }

    async connect() {
      return repair(await super.connect(), ColumnTypeEnum.Character)
    }

    async connectToShadowDb() {
      const main = await this.connect()
      const database = 'shadow_' + crypto.randomUUID()
      await main.executeScript(`CREATE DATABASE "${database}"`)
      const shadow = await new Factory({ ...this.settings, database }).connect()
      const close = shadow.dispose
      shadow.dispose = async () => {
        await close.call(shadow)
        await main.executeScript(`DROP DATABASE "${database}"`)
        await main.dispose()
      }
      return shadow
    }
  }
  return new Factory(config)
}
