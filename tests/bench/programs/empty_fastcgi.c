/* A FastCGI program that does nothing, by libfcgi: what the server and the protocol cost. */
#include "answer.h"

#include <fcgiapp.h>
#include <unistd.h>

int main(void)
{
	static char answer[ANSWER_MAX], body[ANSWER_MAX];
	FCGX_Request q;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&q, STDIN_FILENO, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&q) == 0) {
		while (FCGX_GetStr(body, sizeof(body), q.in) > 0)
			continue;
		size_t len = answer_make(FCGX_GetParam("QUERY_STRING", q.envp), answer);
		FCGX_PutStr(answer, (int)len, q.out);
		FCGX_Finish_r(&q);
	}
	return 0;
}
