"""Calls a job off: cancel.py a-1"""
import json, os, sys, time, pika

prefix = os.environ.get("PRESSLATE_QUEUE_PREFIX", "presslate")
order = json.dumps({"kind": "cancel", "id": sys.argv[1]})
properties = pika.BasicProperties(delivery_mode=2, timestamp=int(time.time()))
with pika.BlockingConnection(pika.URLParameters(os.environ["PRESSLATE_AMQP_URL"])) as connection:
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(f"{prefix}.control", "control", order, properties, mandatory=True)
