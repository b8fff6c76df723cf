/** All that a screen with a document does about its comments. */
import type * as Y from "yjs";
import { useCommentKeys } from "./useCommentKeys";
import { useLinkedThread } from "./useLinkedThread";
import { useCountedThreads } from "./useThreads";

export function useComments(doc: Y.Doc, mayEdit: boolean) {
  useCountedThreads(doc);
  useLinkedThread(doc);
  useCommentKeys(mayEdit);
}
