package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// fault is what a client meets instead of the API server; the zero value is none.
//
// It stands before authentication, so a faulted call is not in the audit log, just as one that a load balancer or
// an overloaded server turned away.
type fault struct {
	// Kind is "" (none), "throttle" (429 with Retry-After), "expire" (410 for pages after the first, as when etcd
	// compacted the list's revision meanwhile), or "black-hole" (the connection stays open and silent).
	Kind string `json:"kind"`
	// Path limits it to request paths that contain this text.
	Path string `json:"path"`
	// Times limits it to this many calls; 0 is no limit.
	Times int64 `json:"times"`
	// RetryAfter is for "throttle", in seconds.
	RetryAfter int `json:"retry_after"`

	left atomic.Int64
}

type faults struct {
	current atomic.Pointer[fault]
}

// command takes one line, a fault as JSON, puts it in the place of the one before and answers a line.
func (f *faults) command(line []byte) string {
	next := &fault{}
	if err := json.Unmarshal(line, next); err != nil {
		answer, _ := json.Marshal(map[string]string{"error": err.Error()})
		return string(answer)
	}
	next.left.Store(next.Times)
	f.current.Store(next)
	return "{}"
}

func (f *faults) wrap(real http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := f.current.Load()
		if now == nil || !now.strikes(r) {
			real.ServeHTTP(w, r)
			return
		}
		switch now.Kind {
		case "throttle":
			w.Header().Set("Retry-After", strconv.Itoa(now.RetryAfter))
			refuse(w, http.StatusTooManyRequests, "TooManyRequests", "Too many requests, please try again later.")
		case "expire":
			refuse(w, http.StatusGone, "Expired", "The provided continue parameter is too old to display a consistent list result. "+
				"You can start a new list without the continue parameter.")
		case "black-hole":
			<-r.Context().Done()
		}
	})
}

func (f *fault) strikes(r *http.Request) bool {
	switch f.Kind {
	case "throttle", "black-hole":
	case "expire":
		if r.URL.Query().Get("continue") == "" {
			return false
		}
	default:
		return false
	}
	return strings.Contains(r.URL.Path, f.Path) && (f.Times == 0 || f.left.Add(-1) >= 0)
}

// refuse answers as kube-apiserver does: a Status object.
func refuse(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{},
		"status": "Failure", "message": message, "reason": reason, "code": code,
	})
}
