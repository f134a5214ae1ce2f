"""What the black-box tests stand on: servers, accounts, clients, forged requests, the trail."""
