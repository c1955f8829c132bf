// Package clients builds the Kitex clients with which the gateway calls the services.
package clients

import (
	"fmt"

	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/rpc"
)

// Clients are the services behind the gateway.
type Clients struct {
	User userservice.Client
}

// New builds the clients. Where the services are is asked at each call.
func New(node *rpc.Node) (*Clients, error) {
	// Methods that read may be repeated when a connection breaks, and so may the writes that carry the id of their
	// operation.
	users, err := userservice.NewClient(rpc.User, node.ClientOptions(rpc.Gateway, rpc.User,
		"GetAccount", "ListAccounts", "ListSessions", "ListInvites", "ListAudit", "ListRevocations",
		"Register", "CreateAccount", "Refresh")...)
	if err != nil {
		return nil, fmt.Errorf("client of %s: %w", rpc.User, err)
	}
	return &Clients{User: users}, nil
}
