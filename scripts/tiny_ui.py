#!/usr/bin/env python3
"""A whole p2p-chat ui. Try it: p2p-chat --ui scripts/tiny_ui.py connect HOST:PORT"""
import json, os, threading

user_in, user_out = os.fdopen(3), os.fdopen(4, "w")

def ask(**request):
    os.write(1, (json.dumps(request) + "\n").encode())

def type_lines():
    for line in user_in:
        ask(type="quit") if line.strip() == "/quit" else ask(type="send_message", id=1, text=line.rstrip("\n"))
    ask(type="quit")

ask(type="hello", protocol=1, role="ui", name="tiny-ui", version="0.1")
for line in filter(str.strip, os.fdopen(0, encoding="utf-8-sig")):
    event = json.loads(line)
    kind = event["type"]
    if kind == "message_added": text = "[%s] %s" % (event["ip"], event["text"].replace("\n", "\n  "))
    elif kind == "peer_connected": text = "connected to %s (%s)" % (event["address"], event["verification"])
    else: text = event.get("message") or event.get("text") or event.get("invite")
    if text: print(text, file=user_out, flush=True)
    if kind == "peer_connected": threading.Thread(target=type_lines, daemon=True).start()
