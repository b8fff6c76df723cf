/** A node's ports: where wires begin and end. */
import { Handle, Position } from "@xyflow/react";
import type { Port } from "../api/types";
import type { StepData } from "./flowTypes";
import { portOffset } from "./size";

export function Ports({ data: { ins, outs }, height }: { data: StepData; height: number }) {
  return (
    <>
      <Side ports={ins} type="target" height={height} />
      <Side ports={outs} type="source" height={height} />
    </>
  );
}

function Side({ ports, type, height }: { ports: readonly Port[]; type: "source" | "target"; height: number }) {
  return ports.map((port, at) => {
    const top = portOffset(at, ports.length, height);
    const out = type === "source";
    return (
      <span key={port.name}>
        <Handle
          id={port.name}
          type={type}
          position={out ? Position.Right : Position.Left}
          style={{ top }}
          className="port"
          data-type={port.type}
          title={`${port.name}: ${port.type}${port.about ? `\n${port.about}` : ""}`}
        />
        {ports.length > 1 && (
          <span className={out ? "port-name out" : "port-name in"} style={{ top }}>
            {port.name}
          </span>
        )}
      </span>
    );
  });
}
