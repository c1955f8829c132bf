//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// account is one that the bench has opened at a gateway.
type account struct {
	gateway  string // its address
	password string
}

// accountName is what every right answer about the account holds.
const accountName = "bench"

// register opens an account at the gateway.
func register(ctx context.Context, gateway string) (account, error) {
	a := account{gateway: gateway, password: rand.Text()}
	return a, a.post("/api/user/register", http.StatusCreated).once(ctx, nil)
}

// login is the question that signs in.
func (a account) login() question { return a.post("/api/user/login", http.StatusOK) }

func (a account) post(path string, status int) question {
	return question{
		method: http.MethodPost, url: "http://" + a.gateway + path, status: status, holds: nameInJSON(),
		body: fmt.Sprintf(`{"name":%q,"password":%q}`, accountName, a.password),
	}
}

// me asks the gateway about the account whose token it is.
func (a account) me(token string) question {
	return question{
		method: http.MethodGet, url: "http://" + a.gateway + "/api/user/me", token: token,
		status: http.StatusOK, holds: nameInJSON(),
	}
}

func nameInJSON() string { return fmt.Sprintf(`"name":%q`, accountName) }

// signIn returns an access token and the account's id.
func (a account) signIn(ctx context.Context) (token, id string, err error) {
	err = a.login().once(ctx, func(body []byte) error {
		var answer struct {
			Data struct {
				AccessToken string `json:"access_token"`
				Account     struct {
					ID string `json:"id"`
				} `json:"account"`
			} `json:"data"`
		}
		err := json.Unmarshal(body, &answer)
		token, id = answer.Data.AccessToken, answer.Data.Account.ID
		return err
	})
	return token, id, err
}

// callMe is the call behind the rows about the gateway.
func (a account) callMe(ctx context.Context) (do call, hangUp func(), err error) {
	token, _, err := a.signIn(ctx)
	if err != nil {
		return nil, nil, err
	}
	return a.me(token).line()
}
