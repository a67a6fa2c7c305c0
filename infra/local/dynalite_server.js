// DynamoDB on one machine: dynalite behind a small door of our own, on 127.0.0.1.
//
//   node dynalite_server.js --port 20123 [--path var/dynalite]
//
// What the door adds: requests that carry an Origin are refused (dynalite answers any web page), a client that breaks
// off does not end the process, the process ends with its parent (its standard input), and GET /_counts tells how many
// requests of each operation came since the start. Without --path nothing is kept. A store that cannot be opened ends
// the process with one line that says why.
'use strict'

const { parseArgs } = require('util')
const dynalite = require('dynalite')
const { Level } = require('level')

const { values } = parseArgs({ options: { port: { type: 'string' }, path: { type: 'string' } } })
const counts = {}

function refuse (error) {
  console.error(error.cause ? error.cause.message : error.message)
  process.exit(1)
}

// dynalite throws what a broken connection reports; nothing of the store is touched before a request is whole.
process.on('uncaughtException', (error) => {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') refuse(error)
})

// dynalite opens its store lazily and leaves requests unanswered when that fails, so it is tried here first.
async function open () {
  if (!values.path) return
  const store = new Level(values.path)
  await store.open()
  await store.close()
}

function listen () {
  const engine = dynalite({ path: values.path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  const [answer] = engine.listeners('request')
  engine.removeAllListeners('request')
  engine.on('request', (request, response) => {
    if (request.headers.origin) {
      response.writeHead(403).end()
    } else if (request.method === 'GET' && request.url === '/_counts') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(counts))
    } else {
      const operation = String(request.headers['x-amz-target']).split('.').pop()
      counts[operation] = (counts[operation] || 0) + 1
      answer(request, response)
    }
  })
  engine.listen(Number(values.port), '127.0.0.1')
}

process.stdin.on('end', () => process.exit(0)).resume()
open().then(listen, refuse)
