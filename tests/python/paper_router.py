#!/usr/bin/env python3
"""A nat-helper whose router is a sheet of paper: the port it opens stands in the file $ROUTER.

It closes what it opened at the end of stdin. Killed, it leaves it open, and the next takes it over.
"""
import json, os, sys

PAPER = os.environ["ROUTER"]


def say(**message):
    os.write(1, (json.dumps(message) + "\n").encode())


def close():
    if os.path.exists(PAPER):
        os.remove(PAPER)


say(type="hello", protocol=1, role="nat-helper", name="paper-router")
for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "map_port":
        with open(PAPER, "w") as paper:
            paper.write(str(request["port"]))
        say(type="port_mapped", reply_to=request["id"], port=request["port"], protocol="tcp", method="upnp",
            external_address="127.0.0.1:%d" % request["port"], lease_s=3600, took_ms=1)
    elif request["type"] == "unmap_port":
        close()
        say(type="ok", reply_to=request["id"])
    elif "id" in request:
        say(type="error", reply_to=request["id"], code="unknown_type", message="No.")
close()
