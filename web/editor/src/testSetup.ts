/** What the browser has and jsdom lacks. */
import "fake-indexeddb/auto";
