// The editor of an item: checks with the help of their operator, data as keys and values, and the history as it is read.
import "../checks.js";
import "../pairs.js";
import "../history.js";
