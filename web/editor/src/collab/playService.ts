/**
 * The service's rooms as far as the public protocol goes, on a real socket, for tests: kept in memory, and as unreliable as a
 * test wants it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocketServer, type WebSocket as Socket } from "ws";
import * as awareness from "y-protocols/awareness";
import { messageYjsSyncStep1, readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";

const SYNC = 0;
const AWARENESS = 1;

class Room {
  readonly doc = new Y.Doc();
  readonly people = new awareness.Awareness(this.doc);
  readonly sockets = new Map<Socket, Set<number>>();

  constructor() {
    this.people.setLocalState(null);
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      const bytes = message(SYNC, (encoder) => writeUpdate(encoder, update));
      for (const socket of this.sockets.keys()) if (socket !== origin) socket.send(bytes);
    });
    this.people.on("update", ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>) => {
      const bytes = told(this.people, [...added, ...updated, ...removed]);
      for (const socket of this.sockets.keys()) socket.send(bytes);
    });
  }
}

export interface PlayedService {
  rooms: string;
  room(workflow: string): Room;
  /** The workflow is deleted; what is made under its id is another one. */
  forget(workflow: string): void;
  /** While this is true no question is answered. */
  isMute: boolean;
  /** How many messages of people's presence came in. */
  presence: number;
  /** Ends every connection, and takes no more until `back`. */
  away(): Promise<void>;
  back(): Promise<void>;
  /** Closes every connection with a code. */
  close(code: number): void;
}

export async function playService(): Promise<PlayedService> {
  const rooms = new Map<string, Room>();
  const room = (workflow: string) => {
    const found = rooms.get(workflow) ?? new Room();
    rooms.set(workflow, found);
    return found;
  };
  let server: WebSocketServer;
  let http: ReturnType<typeof createServer>;
  const listen = async (port: number) => {
    http = createServer();
    server = new WebSocketServer({ server: http });
    server.on("connection", (socket, { url }) => {
      const [, , workflow] = new URL(url ?? "", "http://here").pathname.split("/");
      join(socket, room(decodeURIComponent(workflow ?? "")), service);
    });
    await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
    return (http.address() as AddressInfo).port;
  };
  const service: PlayedService = {
    rooms: "",
    room,
    forget: (workflow) => void rooms.delete(workflow),
    isMute: false,
    presence: 0,
    away: async () => {
      server.clients.forEach((socket) => socket.terminate());
      const ended = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await ended;
    },
    back: async () => void (await listen(port)),
    close: (code) => server.clients.forEach((socket) => socket.close(code)),
  };
  const port = await listen(0);
  service.rooms = `ws://127.0.0.1:${port}/collab`;
  return service;
}

function join(socket: Socket, room: Room, service: PlayedService) {
  const own = new Set<number>();
  room.sockets.set(socket, own);
  socket.binaryType = "arraybuffer";
  socket.on("message", (data: ArrayBuffer) => hear(new Uint8Array(data)));
  socket.on("close", () => {
    room.sockets.delete(socket);
    awareness.removeAwarenessStates(room.people, [...own], null);
  });
  socket.send(message(SYNC, (encoder) => writeSyncStep1(encoder, room.doc)));
  const here = [...room.people.getStates().keys()];
  if (here.length > 0) socket.send(told(room.people, here));

  function hear(bytes: Uint8Array) {
    const decoder = decoding.createDecoder(bytes);
    if (decoding.readVarUint(decoder) === AWARENESS) {
      service.presence++;
      const update = decoding.readVarUint8Array(decoder);
      awareness.applyAwarenessUpdate(room.people, update, socket);
      for (const client of clientsOf(update)) own.add(client);
      return;
    }
    if (service.isMute && decoding.peekVarUint(decoder) === messageYjsSyncStep1) return;
    const answer = message(SYNC, (encoder) => readSyncMessage(decoder, encoder, room.doc, socket));
    if (answer.length > 1) socket.send(answer);
  }
}

function clientsOf(update: Uint8Array): number[] {
  const decoder = decoding.createDecoder(update);
  return Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const client = decoding.readVarUint(decoder);
    decoding.readVarUint(decoder);
    decoding.readVarString(decoder);
    return client;
  });
}

const told = (people: awareness.Awareness, clients: number[]) =>
  message(AWARENESS, (encoder) =>
    encoding.writeVarUint8Array(encoder, awareness.encodeAwarenessUpdate(people, clients)),
  );

function message(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}
