/*
 * The handles of a turn: environment and databases, opened when they are needed and closed at its
 * end, or kept for the next turn of the same process.
 *
 * What is kept holds nothing that anybody waits for: no mutex, no page, no transaction. A process
 * that is killed with it outside the gate leaves nothing to be recovered; its handles and their locks
 * (of files, for reading) stay in the shared memory until that is made anew, which whoever opens sees
 * to when there are too many.
 *
 * Kept handles are good for exactly the environment that they were opened in, of which the gate's
 * marker tells (gate.h). If it is another one they are given up without being touched: to close them
 * would write what they still hold into the log of the new one, or wait for a mutex of a killed
 * process. Only the end of the process gives their memory back.
 */
#ifndef STORE_HANDLES_H
#define STORE_HANDLES_H

#include "store/gate.h"
#include "store/turn.h"

/* Inside the gate: takes the kept ones, or opens the environment, with recovery if told to or found to
 * be due. 0, or a value of Berkeley DB or errno; handles_put_away follows in any case. */
int handles_open(struct turn *t, struct gate *g, bool recover) must_check;

/* At the end of the turn: keeps them where the store does so and all went well, else closes them.
 * False when the next one may not trust the environment. */
bool handles_put_away(struct turn *t, struct gate *g, bool good);

/* The transaction has ended. Aborted: what was opened in it is closed; false: not well. */
bool handles_txn_end(struct turn *t, bool committed);

/* Closes what is kept, and forgets it. Inside the gate, where the marker is that of its environment;
 * g NULL or another marker: it is given up. False as above. */
bool handles_close_kept(struct store *s, const struct gate *g);

#endif
