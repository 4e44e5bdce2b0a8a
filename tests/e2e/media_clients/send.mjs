// Send a file with tus-js-client as it is published, and tell what happened as one line of JSON.
// node send.mjs <endpoint> <file> <media id> <token> [checksum-free options as JSON]
import { createReadStream } from 'node:fs'
import { Upload } from 'tus-js-client'

const [endpoint, file, mediaId, token, more = '{}'] = process.argv.slice(2)
const statuses = []

function tell(outcome, upload, message = '') {
  process.stdout.write(`${JSON.stringify({ outcome, url: upload.url, statuses, message })}\n`)
}

const upload = new Upload(createReadStream(file), {
  endpoint,
  metadata: { media_id: mediaId, filename: 'photo.jpg' },
  headers: { Authorization: `Bearer ${token}` },
  retryDelays: Array(3000).fill(150),
  ...JSON.parse(more),
  onAfterResponse: (request, response) => {
    statuses.push(`${request.getMethod()} ${response.getStatus()}`)
  },
  onError: (error) => tell('failed', upload, String(error)),
  onSuccess: () => tell('stored', upload),
})
upload.start()
