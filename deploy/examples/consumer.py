"""Keeps the newest answer to each job: consumer.py answers.sqlite"""
import json, os, sqlite3, sys, pika

db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE IF NOT EXISTS seen (message_id TEXT PRIMARY KEY)")
db.execute("CREATE TABLE IF NOT EXISTS answers (id TEXT PRIMARY KEY, revision INTEGER, kind TEXT, body TEXT)")
queue = os.environ.get("PRESSLATE_QUEUE_PREFIX", "presslate") + ".results"
channel = pika.BlockingConnection(pika.URLParameters(os.environ["PRESSLATE_AMQP_URL"])).channel()
channel.basic_qos(prefetch_count=100)
for method, properties, body in channel.consume(queue):
    answer = json.loads(body)
    row = (answer["id"] or properties.message_id, answer["revision"], answer["kind"], body.decode())
    with db:  # both or neither
        if db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [properties.message_id]).rowcount:
            db.execute("""INSERT INTO answers VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
                revision = excluded.revision, kind = excluded.kind, body = excluded.body
                WHERE excluded.revision >= revision""", row)
    channel.basic_ack(method.delivery_tag)  # after the commit: better twice than not at all
    print("stored", *row[:3], flush=True)
