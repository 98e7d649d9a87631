/* agent: the program inside the image, /usr/bin/hie. It gives a box its own keys, passwords and
 * databases at first boot, says how the box is, and shows people their passwords. */
#ifndef HIEBOX_AGENT_H
#define HIEBOX_AGENT_H

/* The whole program: reads the command line, does it, prints, and returns the exit status (0 done or
 * healthy, 1 failed or unhealthy, 2 wrong use). Called as `hie-timescale` (by its own name, as systemd
 * calls generators) it is the generator of `hie timescale-generator`. */
int agent_run(int argc, char *const *argv);

#endif
