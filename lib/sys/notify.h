/* systemd's notify protocol (sd_notify(3)), written to NOTIFY_SOCKET. */
#ifndef WEFT_SYS_NOTIFY_H
#define WEFT_SYS_NOTIFY_H

/* "READY=1", "STOPPING=1", ...; nothing happens without NOTIFY_SOCKET. */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
