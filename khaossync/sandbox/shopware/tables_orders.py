"""The entities of an order, as the table that `entities` reads."""

ORDERS = """
order v
  orderNumber autoIncrement:i billingAddressId currencyId languageId salesChannelId orderDateTime:d orderDate
  price:j amountTotal:n amountNet:n positionPrice:n taxStatus shippingCosts:j shippingTotal:n currencyFactor:n
  deepLinkCode affiliateCode campaignCode customerComment source stateId ruleIds:j customFields:j
  itemRounding:j totalRounding:j billingAddressVersionId createdById updatedById
  6.7/primaryOrderDeliveryId 6.7/primaryOrderTransactionId 6.7/primaryOrderDeliveryVersionId
  6.7/primaryOrderTransactionVersionId 6.7/taxCalculationType 6.7/internalComment
  stateMachineState = state_machine_state(stateId)
  6.7/primaryOrderDelivery = order_delivery(primaryOrderDeliveryId)
  6.7/primaryOrderTransaction = order_transaction(primaryOrderTransactionId)
  orderCustomer = order_customer(orderCustomerId)
  currency = currency(currencyId)
  language = language(languageId)
  salesChannel = sales_channel(salesChannelId)
  addresses = [order_address](orderId)
  billingAddress = order_address(billingAddressId)
  deliveries = [order_delivery](orderId)
  lineItems = [order_line_item](orderId)
  transactions = [order_transaction](orderId)
  documents = [document](orderId)
  tags = {tag}(tagIds)
  extra/returns = [order_return](orderId)

order_customer v
  customerId orderId orderVersionId email salutationId firstName lastName company title vatIds:j customerNumber
  customFields:j remoteAddress
  order = order(orderId)
  customer = customer(customerId)
  salutation = salutation(salutationId)

order_address v
  countryId countryStateId orderId orderVersionId salutationId firstName lastName street zipcode city company
  department title phoneNumber additionalAddressLine1 additionalAddressLine2 vatId:t customFields:j 6.7/hash
  country = country(countryId)
  countryState = country_state(countryStateId)
  order = order(orderId)
  orderDeliveries = [order_delivery](shippingOrderAddressId)
  salutation = salutation(salutationId)

order_delivery v
  orderId orderVersionId shippingOrderAddressId shippingOrderAddressVersionId shippingMethodId stateId trackingCodes:j
  shippingDateEarliest:d shippingDateLatest:d shippingCosts:j customFields:j
  stateMachineState = state_machine_state(stateId)
  order = order(orderId)
  shippingOrderAddress = order_address(shippingOrderAddressId)
  shippingMethod = shipping_method(shippingMethodId)
  positions = [order_delivery_position](orderDeliveryId)

order_delivery_position v
  orderDeliveryId orderDeliveryVersionId orderLineItemId orderLineItemVersionId price:j unitPrice:n totalPrice:n
  quantity:i customFields:j
  orderDelivery = order_delivery(orderDeliveryId)
  orderLineItem = order_line_item(orderLineItemId)

order_line_item v
  orderId orderVersionId productId productVersionId promotionId parentId parentVersionId coverId identifier
  referencedId:t quantity:i label payload:j good:b removable:b stackable:b position:i price:j priceDefinition:j
  unitPrice:n totalPrice:n description type customFields:j states:j
  order = order(orderId)
  product = product(productId)
  promotion = promotion(promotionId)
  orderDeliveryPositions = [order_delivery_position](orderLineItemId)
  orderTransactionCaptureRefundPositions = [order_transaction_capture_refund_position](orderLineItemId)
  parent = order_line_item(parentId)
  children = [order_line_item](parentId)

order_transaction v
  orderId orderVersionId paymentMethodId amount:j validationData:j stateId customFields:j
  stateMachineState = state_machine_state(stateId)
  order = order(orderId)
  paymentMethod = payment_method(paymentMethodId)
  captures = [order_transaction_capture](orderTransactionId)

order_transaction_capture v
  orderTransactionId orderTransactionVersionId stateId externalReference amount:j customFields:j
  stateMachineState = state_machine_state(stateId)
  transaction = order_transaction(orderTransactionId)
  refunds = [order_transaction_capture_refund](captureId)

order_transaction_capture_refund v
  captureId captureVersionId stateId externalReference reason amount:j customFields:j
  stateMachineState = state_machine_state(stateId)
  transactionCapture = order_transaction_capture(captureId)
  positions = [order_transaction_capture_refund_position](refundId)

order_transaction_capture_refund_position v
  refundId refundVersionId orderLineItemId orderLineItemVersionId externalReference reason quantity:i amount:j
  customFields:j
  orderLineItem = order_line_item(orderLineItemId)
  orderTransactionCaptureRefund = order_transaction_capture_refund(refundId)

order_return v
  orderId orderVersionId price:j shippingCosts:j stateId returnNumber requestedAt:d amountTotal:n amountNet:n
  internalComment createdById updatedById
  order = order(orderId)
  state = state_machine_state(stateId)
  lineItems = [order_return_line_item](orderReturnId)

order_return_line_item v
  orderReturnId orderReturnVersionId orderLineItemId orderLineItemVersionId reasonId quantity:i price:j refundAmount:n
  restockQuantity:i internalComment stateId customFields:j
  reason = order_return_line_item_reason(reasonId)
  state = state_machine_state(stateId)
  return = order_return(orderReturnId)
  lineItem = order_line_item(orderLineItemId)

order_return_line_item_reason
  reasonKey content

document
  documentTypeId referencedDocumentId orderId orderVersionId config:j sent:b static:b deepLinkCode customFields:j
  documentMediaFileId 6.7/documentNumber
  documentType = document_type(documentTypeId)
  order = order(orderId)
  referencedDocument = document(referencedDocumentId)

document_type
  name technicalName customFields:j

state_machine_history
  referencedId referencedVersionId stateMachineId entityName fromStateId toStateId transitionActionName userId
  integrationId 6.7/internalComment
  stateMachine = state_machine(stateMachineId)
  fromStateMachineState = state_machine_state(fromStateId)
  toStateMachineState = state_machine_state(toStateId)

state_machine
  technicalName name initialStateId customFields:j
  states = [state_machine_state](stateMachineId)
  transitions = [state_machine_transition](stateMachineId)

state_machine_state
  technicalName name stateMachineId customFields:j
  stateMachine = state_machine(stateMachineId)
  fromStateMachineTransitions = [state_machine_transition](fromStateId)
  toStateMachineTransitions = [state_machine_transition](toStateId)

state_machine_transition
  actionName stateMachineId fromStateId toStateId customFields:j
  stateMachine = state_machine(stateMachineId)
  fromStateMachineState = state_machine_state(fromStateId)
  toStateMachineState = state_machine_state(toStateId)
"""
