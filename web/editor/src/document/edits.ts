/** Every named edit. Each is one transaction and one step of undo; nothing else changes a document. */
export * from "./editCanvas";
export * from "./editEdges";
export * from "./editNodes";
export * from "./editWorkflow";
export { paste, type Pasted } from "./paste";
