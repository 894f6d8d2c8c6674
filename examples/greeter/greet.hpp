#pragma once
#include <coseal/coseal.hpp>

#include <string>

// [contract]
struct greet {  // an action: its fields are what is sent
  std::string name;
  using reply = std::string;
};
COSEAL_ACTION(greet, name)

const auto users = coseal::domain("users").action<greet>();
const auto app = coseal::define_channel({.to_acceptor = {users}});
// [contract]
