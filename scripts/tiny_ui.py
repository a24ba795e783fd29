#!/usr/bin/env python3
"""A whole p2p-chat ui. Try it: p2p-chat --ui scripts/tiny_ui.py connect     (then paste an invite)"""
import json, os, threading

user_in, user_out = os.fdopen(3), os.fdopen(4, "w")

def ask(**request):
    os.write(1, (json.dumps(request) + "\n").encode())

def type_lines():
    for line in user_in:
        ask(type="quit") if line.strip() == "/quit" else ask(type="send_message", id=1, text=line.rstrip("\n"))
    ask(type="quit")

def call(needed):
    ask(type="connect", id=2, **{"invite": needed.get("address"), needed["what"]: user_in.readline().strip()})

def start(work, *what):
    threading.Thread(target=work, args=what, daemon=True).start()

ask(type="hello", protocol=1, role="ui", name="tiny-ui", version="0.1")
for line in filter(str.strip, os.fdopen(0, encoding="utf-8-sig")):
    event = json.loads(line)
    kind = event["type"]
    if kind == "message_added": text = "[%s] %s" % (event["ip"], event["text"].replace("\n", "\n  "))
    elif kind == "peer_connected": text = "connected to %s (%s)" % (event["address"], event["verification"])
    else: text = event.get("message") or event.get("text") or event.get("invite") or event.get("what")
    if text: print(text, file=user_out, flush=True)
    if kind == "input_needed": start(call, event)
    if kind == "peer_connected" and not event.get("resumed"): start(type_lines)
