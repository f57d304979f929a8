"""A scripted ODK Collect: does over HTTP what that app does, and knows nothing of our code.

Lists forms, fetches form and files and checks their hashes, fills the form's own primary instance
by the form's own tree, conditions and choices, and posts it as Collect's uploader does: a HEAD,
then multipart posts with the record in each, files by their names, those that do not fit in further
ones.
"""

from __future__ import annotations

import base64
import copy
import csv
import hashlib
import io
import json
import re
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import requests

XFORMS, HTML = "{http://www.w3.org/2002/xforms}", "{http://www.w3.org/1999/xhtml}"
LIST, MANIFEST = (f"{{http://openrosa.org/xforms/xforms{n}}}" for n in ("List", "Manifest"))
TOLD = "{http://openrosa.org/http/response}"
TEMPLATE = "{http://openrosa.org/javarosa}template"
BOUNDARY = "3d6b1f0aa4f14f6a"
_RULE = re.compile(r"\s*(/\S+)\s*(=|!=)\s*'([^']*)'\s*")


class Reply(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """What Collect shows of it."""
        return ET.fromstring(self.body).findtext(f"{TOLD}message") or ""


Transport = Callable[[str, str, bytes, str], Reply]
"""Method, address, body and its content type → the reply."""


def through_flask(client) -> Transport:
    """Requests to an application in this process."""

    def send(method: str, url: str, body: bytes, kind: str) -> Reply:
        where = urlsplit(url)
        path = f"{where.path}?{where.query}" if where.query else where.path
        headers = {"X-OpenRosa-Version": "1.0", "Host": where.netloc}
        sent = {"data": body, "content_type": kind} if body else {}
        reply = client.open(path, method=method, headers=headers, **sent)
        return Reply(reply.status_code, reply.headers, reply.data)

    return send


def through_requests(method: str, url: str, body: bytes, kind: str) -> Reply:
    """Requests over the network."""
    headers = {"X-OpenRosa-Version": "1.0", **({"Content-Type": kind} if kind else {})}
    reply = requests.request(method, url, data=body, headers=headers, timeout=60)
    return Reply(reply.status_code, reply.headers, reply.content)


@dataclass
class Form:
    """A downloaded form with its files."""

    code: str
    version: str
    xml: bytes = field(repr=False)
    files: dict[str, bytes] = field(repr=False)

    @property
    def root(self) -> ET.Element:
        """The primary instance, blank."""
        model = self._model
        found = model.find(f"{XFORMS}instance")
        assert found is not None
        return copy.deepcopy(found[0])

    @property
    def _model(self) -> ET.Element:
        found = ET.fromstring(self.xml).find(f"{HTML}head/{XFORMS}model")
        assert found is not None
        return found

    @property
    def binds(self) -> dict[str, Mapping[str, str]]:
        """Path → what its bind says."""
        return {bind.get("nodeset", ""): bind.attrib for bind in self._model.iter(f"{XFORMS}bind")}

    def choices(self, file: str) -> list[dict[str, str]]:
        """Rows of a file from which a question chooses."""
        return list(csv.DictReader(io.StringIO(self.files[file].decode())))


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@dataclass
class Instance:
    """A filled form, ready to be sent, with its files."""

    name: str
    xml: bytes
    files: dict[str, bytes] = field(default_factory=dict)


Given = Mapping[str, str | Sequence[Mapping[str, str]]]
"""Name of a question → answer, of a repeat → its rows."""


def fill(form: Form, answers: Given, *, replaces: str = "", audit: bytes | None = None) -> Instance:
    """Fill the primary instance by the tree of the model; what is not asked stays empty."""
    root, name = form.root, f"uuid:{uuid.uuid4()}"
    _repeat(root, answers)
    _fill(root, f"/{local(root)}", answers, form, root)
    meta = next(child for child in root if local(child) == "meta")
    for child in meta:
        child.text = {"instanceID": name, "audit": "audit.csv" if audit else None}.get(local(child))
    if replaces:
        ET.SubElement(meta, "deprecatedID").text = replaces
    for element in root.iter():  # Collect writes no prefix of XForms
        element.tag = local(element)
    head = b"<?xml version='1.0' ?>"
    files = {"audit.csv": audit} if audit else {}
    return Instance(name, head + ET.tostring(root, encoding="utf-8"), files)


def _repeat(root: ET.Element, answers: Given) -> None:
    """Put as many rows of each repeat as were answered in place of its template."""
    for child in list(root):
        if TEMPLATE in child.attrib:
            rows = answers.get(local(child), ())
            twins = [one for one in root if one.tag == child.tag]
            place = list(root).index(child)
            for twin in twins:
                root.remove(twin)
            assert not isinstance(rows, str)
            for number, row in enumerate(rows):
                fresh = copy.deepcopy(child)
                del fresh.attrib[TEMPLATE]
                for leaf in fresh:
                    leaf.text = row.get(local(leaf))
                fresh.set("filled", "")
                root.insert(place + number, fresh)


def _fill(node: ET.Element, path: str, answers: Given, form: Form, root: ET.Element) -> None:
    for child in node:
        name, here = local(child), f"{path}/{local(child)}"
        if child.attrib.pop("filled", None) is not None or name == "meta":
            continue
        if not _relevant(form.binds.get(here, {}).get("relevant", ""), root):
            continue
        if len(child):
            _fill(child, here, answers, form, root)
        elif name in answers:
            child.text = str(answers[name])


def _relevant(rule: str, root: ET.Element) -> bool:
    for part in filter(None, rule.split(" and ")):
        found = _RULE.fullmatch(part)
        assert found, part
        path, operator, value = found.groups()
        _, _, *steps = path.split("/")
        node: ET.Element | None = root
        for step in steps:
            node = next((c for c in node or () if local(c) == step), None)
        equal = ((node.text if node is not None else None) or "") == value
        if equal != (operator == "="):
            return False
    return True


def server_of(code: str) -> str:
    """The server that a managed QR code names."""
    told = json.loads(zlib.decompress(base64.b64decode(code)))
    assert set(told) == {"general", "admin", "project"}
    return told["general"]["server_url"]


@dataclass
class Collect:
    """The app on one phone, connected to a server."""

    server: str
    send: Transport
    most: int = 10_000_000

    def get(self, url: str) -> Reply:
        return self.send("GET", url, b"", "")

    def listed(self, query: str = "") -> list[dict[str, str]]:
        """The forms that the server lists."""
        reply = self.get(f"{self.server}/formList{query}")
        assert reply.status == 200 and reply.headers["X-OpenRosa-Version"] == "1.0"
        assert "text/xml" in reply.headers["Content-Type"]
        root = ET.fromstring(reply.body)
        assert root.tag == f"{LIST}xforms"
        return [{local(child): child.text or "" for child in one} for one in root]

    def download(self) -> Form:
        """The only form, with its files, hashes checked."""
        [one] = self.listed()
        xml = self._checked(one["downloadUrl"], one["hash"])
        files = {}
        root = ET.fromstring(self.get(one["manifestUrl"]).body)
        assert root.tag == f"{MANIFEST}manifest"
        for media in root:
            told = {local(child): child.text or "" for child in media}
            files[told["filename"]] = self._checked(told["downloadUrl"], told["hash"])
        return Form(one["formID"], one["version"], xml, files)

    def _checked(self, url: str, told: str) -> bytes:
        body = self.get(url).body
        assert told == f"md5:{hashlib.md5(body).hexdigest()}"
        return body

    def submit(self, instance: Instance) -> list[Reply]:
        """Send an instance as Collect does: in one post, or in several; it stops at a refusal."""
        where = f"{self.server}/submission?deviceID=collect%3Aa1"
        ready = self.send("HEAD", where, b"", "")
        if ready.status != 204:
            return [ready]
        place = ready.headers.get("Location", where)
        assert urlsplit(place).hostname == urlsplit(where).hostname
        most = min(self.most, int(ready.headers["X-OpenRosa-Accept-Content-Length"]))
        replies: list[Reply] = []
        for files, more in self._posts(instance, most):
            replies.append(self.post(place, instance.xml, files, more=more))
            if replies[-1].status not in (201, 202):
                break
        return replies

    def _posts(self, instance: Instance, most: int) -> list[tuple[dict[str, bytes], bool]]:
        posts: list[dict[str, bytes]] = [{}]
        size = len(instance.xml)
        for name, content in instance.files.items():
            if posts[-1] and size + len(content) > most:
                posts.append({})
                size = len(instance.xml)
            posts[-1][name] = content
            size += len(content)
        return [(files, number < len(posts)) for number, files in enumerate(posts, 1)]

    def post(
        self, url: str, xml: bytes, files: Mapping[str, bytes], *, more: bool = False
    ) -> Reply:
        """One post: the record, files by name, and whether others follow."""
        parts = [_part("xml_submission_file", "record.xml", "text/xml", xml)]
        parts += [_part(name, name, "application/octet-stream", files[name]) for name in files]
        if more:
            parts.append(_part("*isIncomplete*", "", "", b"yes"))
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        return self.send("POST", url, body, f"multipart/form-data; boundary={BOUNDARY}")


def _part(name: str, file: str, kind: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    head += f'; filename="{file}"' if file else ""
    head += f"\r\nContent-Type: {kind}" if kind else ""
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"
