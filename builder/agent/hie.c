/* The box's program: everything is in agent_run(), so that tests can call it. */
#include "agent/agent.h"

int main(int argc, char **argv)
{
	return agent_run(argc, argv);
}
