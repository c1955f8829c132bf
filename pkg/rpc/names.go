package rpc

// What our processes are called in etcd and in each other's logs.
const (
	Gateway = "tutti.api"
	User    = "tutti.user"
)
