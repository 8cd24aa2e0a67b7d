"""Sends a job: producer.py job.json [urgent]"""
import json, os, sys, time, pika

prefix = os.environ.get("PRESSLATE_QUEUE_PREFIX", "presslate")
body = open(sys.argv[1], "rb").read()
key = sys.argv[2] if len(sys.argv) > 2 else "job"
properties = pika.BasicProperties(delivery_mode=2, content_type="application/json", timestamp=int(time.time()),
    correlation_id=json.loads(body)["id"])  # what shards go by, where there are any
with pika.BlockingConnection(pika.URLParameters(os.environ["PRESSLATE_AMQP_URL"])) as connection:
    channel = connection.channel()
    channel.confirm_delivery()  # from here on a job that is not safe on the broker is an exception
    channel.basic_publish(f"{prefix}.jobs", key, body, properties, mandatory=True)
print("sent", json.loads(body)["id"])
