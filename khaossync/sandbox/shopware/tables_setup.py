"""What a shop is set up with: goods, rates, countries, methods, as the table that `entities` reads."""

SETUP = """
product v
  parentId taxId unitId manufacturerId coverId deliveryTimeId price:j productNumber autoIncrement:i active:b available:b
  isCloseout:b availableStock:i stock:i displayGroup manufacturerNumber ean purchaseSteps:i maxPurchase:i minPurchase:i
  restockTime:i shippingFree:b markAsTopseller:b weight:n width:n height:n length:n releaseDate:d ratingAverage:n
  optionIds:j childCount:i sales:i name description metaTitle packUnit customFields:j states:j
  parent = product(parentId)
  children = [product](parentId)
  tax = tax(taxId)
  deliveryTime = delivery_time(deliveryTimeId)
  options = {property_group_option}(optionIds)
  orderLineItems = [order_line_item](productId)

property_group
  name description displayType sortingType filterable:b position:i customFields:j
  options = [property_group_option](groupId)

property_group_option
  groupId name position:i colorHexCode customFields:j
  group = property_group(groupId)

promotion
  name active:b code useCodes:b priority:i customFields:j
  orderLineItems = [order_line_item](promotionId)

tax
  taxRate:n name position:i customFields:j
  products = [product](taxId)

currency
  factor:n symbol isoCode shortName name position:i isSystemDefault:b taxFreeFrom:n customFields:j itemRounding:j
  totalRounding:j
  orders = [order](currencyId)

country
  name iso iso3 position:i active:b shippingAvailable:b isEu:b customerTax:j companyTax:j addressFormat:j
  vatIdPattern checkVatIdPattern:b customFields:j
  states = [country_state](countryId)

country_state
  countryId shortCode name position:i active:b customFields:j
  country = country(countryId)

language
  parentId localeId translationCodeId name active:b customFields:j
  locale = locale(localeId)
  parent = language(parentId)

locale
  code name territory customFields:j
  languages = [language](localeId)

salutation
  salutationKey displayName letterName position:i customFields:j

tag
  name

delivery_time
  name min:i max:i unit customFields:j
  shippingMethods = [shipping_method](deliveryTimeId)

shipping_method
  name technicalName active:b position:i customFields:j availabilityRuleId mediaId deliveryTimeId taxType taxId
  description trackingUrl
  deliveryTime = delivery_time(deliveryTimeId)
  orderDeliveries = [order_delivery](shippingMethodId)
  tax = tax(taxId)
  salesChannels = {sales_channel}(salesChannelIds)

payment_method
  name distinguishableName technicalName handlerIdentifier formattedHandlerIdentifier shortName description position:i
  active:b afterOrderEnabled:b pluginId mediaId availabilityRuleId customFields:j
  orderTransactions = [order_transaction](paymentMethodId)

sales_channel
  typeId languageId customerGroupId currencyId paymentMethodId shippingMethodId countryId navigationCategoryId name
  shortName taxCalculationType accessKey active:b maintenance:b homeEnabled:b customFields:j
  currency = currency(currencyId)
  language = language(languageId)
  country = country(countryId)
  shippingMethods = {shipping_method}(shippingMethodIds)
  orders = [order](salesChannelId)

customer
  groupId salesChannelId languageId defaultBillingAddressId defaultShippingAddressId customerNumber salutationId
  firstName lastName email title active:b guest:b customFields:j orderCount:i
  salesChannel = sales_channel(salesChannelId)
  orderCustomers = [order_customer](customerId)
"""
