"""Sends dead letters back to be tried again: replay.py [error code]"""
import os, sys, pika

prefix = os.environ.get("PRESSLATE_QUEUE_PREFIX", "presslate")
channel = pika.BlockingConnection(pika.URLParameters(os.environ["PRESSLATE_AMQP_URL"])).channel()
channel.confirm_delivery()
there = channel.queue_declare(f"{prefix}.dead", passive=True).method.message_count
for _ in range(there):  # not until it is empty: some may come back
    method, properties, body = channel.basic_get(f"{prefix}.dead")
    if method is None:
        break
    headers = properties.headers or {}
    if len(sys.argv) > 1 and headers.get("x-presslate-error-code") != sys.argv[1]:
        continue  # not acknowledged: it stays when the connection closes
    properties.headers = {name: headers[name] for name in headers if not name.startswith("x-")}
    channel.basic_publish(f"{prefix}.jobs", "job", body, properties, mandatory=True)
    channel.basic_ack(method.delivery_tag)
    print("replayed", properties.message_id or properties.correlation_id or body[:80])
