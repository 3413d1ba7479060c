/* The exit statuses of forklab, as --help has them. */
#ifndef FORKLAB_STATUS_H
#define FORKLAB_STATUS_H

enum {
	STATUS_OK = 0,
	STATUS_FAIL_ON = 1, /* a verdict that --fail-on names was given */
	STATUS_USAGE = 2,   /* a mistake on the command line */
	STATUS_BROKEN = 3,
	STATUS_SIGNAL = 128 /* and the number of the signal that ended it */
};

#endif
