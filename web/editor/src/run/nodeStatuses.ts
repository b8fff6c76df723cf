/** The moment of a run as the canvas shows it: a status for each node and edge of the graph that the run executes. */
import type { NodeId, Seq, Status, Workflow } from "../api/types";
import { edgeKey } from "../document/load";
import { type FrameTable, isOpen, type PlaceIndex } from "./frameTable";
import { type PlaceMoment, StatusCursor } from "./statusCursor";
import { type NodeRunStatus, showRunStatus, useRunStatus } from "./statusStore";

interface Wire {
  key: string;
  source: NodeId;
  target: NodeId;
}

export class NodeStatuses {
  readonly cursor: StatusCursor;
  private readonly parents = new Map<NodeId, NodeId | undefined>();
  private readonly wires = new Map<NodeId, Wire[]>();
  private readonly placeOf = new Map<NodeId, PlaceIndex>();
  private placesSeen = 0;

  constructor(
    private readonly table: FrameTable,
    workflow: Workflow | null,
  ) {
    this.cursor = new StatusCursor(table);
    for (const node of workflow?.graph.nodes ?? []) this.parents.set(node.id, node.parent);
    for (const edge of workflow?.graph.edges ?? []) {
      const wire = { key: edgeKey(edge), source: edge.source, target: edge.target };
      for (const end of [wire.source, wire.target]) this.wires.set(end, [...(this.wires.get(end) ?? []), wire]);
    }
  }

  /** Shows the moment after event `seq`. What did not change keeps its identity, so that React draws only the rest. */
  show(seq: Seq): void {
    this.meetPlaces();
    const touched = [...this.cursor.moveTo(seq)].filter((place) => this.isOnCanvas(place));
    if (touched.length > 0) this.publish(touched, seq);
  }

  /** Everything anew, when the canvas showed something else before. */
  showAll(seq: Seq): void {
    this.meetPlaces();
    this.cursor.moveTo(seq);
    showRunStatus({ byNode: {}, edges: {}, edgeValues: {} });
    this.publish([...this.placeOf.values()], seq);
  }

  /** Shows loops anew, when more is known of how many rounds they were to make. */
  showLoops(seq: Seq): void {
    const loops = [...this.placeOf.values()].filter((place) => this.cursor.moments[place]?.progress);
    const byNode = { ...useRunStatus.getState().byNode };
    for (const place of loops) put(byNode, this.table.placeAt(place).node, this.statusOf(place, seq));
    showRunStatus({ byNode });
  }

  private publish(places: PlaceIndex[], seq: Seq): void {
    const { byNode: oldNodes, edges: oldEdges, edgeValues: oldValues } = useRunStatus.getState();
    const [byNode, edges, edgeValues] = [{ ...oldNodes }, { ...oldEdges }, { ...oldValues }];
    for (const place of places) {
      const { node } = this.table.placeAt(place);
      put(byNode, node, this.statusOf(place, seq));
    }
    for (const wire of this.touchedWires(places)) {
      put(edges, wire.key, this.wireStatus(byNode[wire.source]?.status, byNode[wire.target]?.status));
      put(edgeValues, wire.key, undefined);
    }
    showRunStatus({ byNode, edges, edgeValues });
  }

  private touchedWires(places: PlaceIndex[]): Set<Wire> {
    const wires = new Set<Wire>();
    for (const place of places) {
      for (const wire of this.wires.get(this.table.placeAt(place).node) ?? []) wires.add(wire);
    }
    return wires;
  }

  private statusOf(place: PlaceIndex, seq: Seq): NodeRunStatus | undefined {
    const moment = this.cursor.moments[place];
    if (!moment || moment.frame < 0) return undefined;
    const { frame, opened, failed } = moment;
    const progress = this.cursor.progressOf(place);
    const status = standingOf(moment);
    const closed = this.table.closed[frame] as Seq;
    const took = (this.table.closedMs[frame] as number) - (this.table.openedMs[frame] as number);
    return {
      status,
      count: opened,
      failed,
      ms: closed > 0 && closed <= seq && status !== "SKIPPED" ? took : null,
      attempt: this.table.attempt[frame] as number,
      ...(progress && {
        progress: { done: progress.begun, of: progress.known },
      }),
    };
  }

  /** An edge is as far as the value on it came. */
  private wireStatus(source: Status | undefined, target: Status | undefined): Status | undefined {
    if (!source || !target) return undefined;
    if (source === "SKIPPED" || target === "SKIPPED") return "SKIPPED";
    return target === "RUNNING" || target === "WAITING" ? target : "COMPLETED";
  }

  private meetPlaces(): void {
    for (; this.placesSeen < this.table.places.length; this.placesSeen++) {
      if (this.isOnCanvas(this.placesSeen)) this.placeOf.set(this.table.placeAt(this.placesSeen).node, this.placesSeen);
    }
  }

  /** Nodes inside a sub-workflow belong to another graph, even when they are called the same. */
  private isOnCanvas(place: PlaceIndex): boolean {
    const { node, around } = this.table.placeAt(place);
    if (!this.parents.has(node)) return false;
    const parent = this.parents.get(node);
    if (around < 0) return parent === undefined;
    return parent === this.table.placeAt(around).node && this.isOnCanvas(around);
  }

  momentOf(node: NodeId): PlaceMoment | undefined {
    const place = this.placeOf.get(node);
    return place === undefined ? undefined : this.cursor.moments[place];
  }
}

/**
 * Where a node stands as a whole. While rounds of a loop overlap, the latest frame may have ended before an earlier
 * one; the node has not ended then.
 */
function standingOf({ status, open, waiting }: PlaceMoment): Status {
  if (open === 0 || isOpen(status)) return status;
  return waiting === open ? "WAITING" : "RUNNING";
}

function put<T>(record: Record<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) Reflect.deleteProperty(record, key);
  else record[key] = value;
}
