/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes the control socket in the file system: its name, its mode, its group, and the way to it
 * through its folder. The kernel says who connects; what stands here keeps those away who may
 * nothing. The thread that starts the control socket, and later the one that gives roles.
 */
#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct control_socket {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool has_group; /* of which members may connect, besides root and our own user */
	gid_t group;
	bool is_for_all; /* each user may have a role: all connect, and are told what they may */
};

/* Binds and listens, in place of an old socket that nobody listens on. NULL: `fd` is the socket.
 * Otherwise why it cannot be, and `fd` is to be closed if it is not -1. */
const char *control_socket_open(const struct control_socket *, int *fd);

/* Lets those who may connect pass through the folder, if it is ours and closed to them. They can
 * list and read nothing there. */
void control_socket_open_folder(const struct control_socket *);

/* Gives the socket the mode that suits is_for_all, and opens the folder. False: errno of the mode.
 */
bool control_socket_set_mode(const struct control_socket *);
