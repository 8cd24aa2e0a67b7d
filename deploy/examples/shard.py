"""Puts one address in front of several sets of queues, the shards: shard.py 4 [ids to try]"""
import os, sys, pika

prefix = os.environ.get("PRESSLATE_QUEUE_PREFIX", "presslate")
shards = [f"{prefix}-{number}" for number in range(int(sys.argv[1]))]
channel = pika.BlockingConnection(pika.URLParameters(os.environ["PRESSLATE_AMQP_URL"])).channel()
# Jobs of one article, corrections too, go to one shard: by their correlation_id, which is the id.
by_id = {"hash-property": "correlation_id"}
channel.exchange_declare(f"{prefix}.jobs", "x-consistent-hash", durable=True, arguments=by_id)
# Orders go to all: those who do not have the job do nothing about it.
channel.exchange_declare(f"{prefix}.control", "fanout", durable=True)
for shard in shards:
    channel.exchange_bind(f"{shard}.jobs", f"{prefix}.jobs", routing_key="1")  # its weight
    channel.exchange_bind(f"{shard}.control", f"{prefix}.control")

if len(sys.argv) > 2:  # which shard gets how many, tried with queues that are gone afterwards
    trial, probes = f"{prefix}.trial", []
    channel.exchange_declare(trial, "x-consistent-hash", auto_delete=True, arguments=by_id)
    for shard in shards:
        probes.append(channel.queue_declare("", exclusive=True).method.queue)
        channel.queue_bind(probes[-1], trial, routing_key="1")
    channel.confirm_delivery()
    for number in range(int(sys.argv[2])):
        channel.basic_publish(trial, "job", b"", pika.BasicProperties(correlation_id=f"article-{number}"))
    for shard, probe in zip(shards, probes):
        print(shard, channel.queue_declare(probe, passive=True).method.message_count)
print("jobs for", f"{prefix}.jobs", "go to", ", ".join(shards))
